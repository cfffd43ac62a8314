// Q4_1 weights in llama.cpp's tiles for Q4_0; included by its ggml-cpu/repack.cpp (compile.cmake).
//
// llama.cpp has kernels that compute a tile of eight rows at once for Q4_0, and none for Q4_1. A block of 32 weights
// is d q + m with q in 0 to 15, so
//
//   sum_k w_k x_k = sum_k d (q_k - 8) x_k  +  (m + 8 d) sum_k x_k
//
// The first term is a block of Q4_0 with the same d and the same q, for the kernel that exists. The second is a product
// over blocks, of a 32nd of the size, computed here. Weights keep their values and their bytes: a tensor's memory holds
// the tiles of all rows (18 bytes a block), then m of all blocks (2 bytes).
//
// A row's sums do not depend on which rows are computed beside it, nor on the number of threads.
#pragma once

#include <immintrin.h>

#include <algorithm>
#include <vector>

namespace ggml::cpu::repack {

#if defined(__AVX2__) && defined(__F16C__) && defined(__FMA__)

class q4_1_tiles final : public tensor_traits<block_q4_0, 8, 8, GGML_TYPE_Q8_0> {
  public:
    static bool fits(const ggml_tensor * weights) {
        return weights->type == GGML_TYPE_Q4_1 && weights->ne[1] % kRows == 0 && weights->ne[2] == 1 && weights->ne[3] == 1;
    }

  private:
    static constexpr int64_t kRows = 8;  // of weights in a tile

    int repack(ggml_tensor * weights, const void * data, size_t size) override {
        if (!fits(weights) || size != ggml_nbytes(weights)) {
            return -1;
        }
        const int64_t rows = weights->ne[1], blocks = weights->ne[0] / QK4_1;
        const auto * from = static_cast<const block_q4_1 *>(data);
        auto * tile = static_cast<block_q4_0x8 *>(weights->data);
        auto * minimum = const_cast<ggml_half *>(minimums(weights));
        for (int64_t row = 0; row < rows; row += kRows) {
            for (int64_t block = 0; block < blocks; ++block) {
                block_q4_0 shifted[kRows];
                for (int64_t i = 0; i < kRows; ++i) {
                    const block_q4_1 & one = from[(row + i) * blocks + block];
                    shifted[i].d = one.GGML_COMMON_AGGR_U.GGML_COMMON_AGGR_S.d;
                    *minimum++ = one.GGML_COMMON_AGGR_U.GGML_COMMON_AGGR_S.m;
                    memcpy(shifted[i].qs, one.qs, sizeof one.qs);
                }
                *tile++ = make_block_q4_0x8(shifted, kRows);
            }
        }
        return 0;
    }

    void forward_mul_mat_one_chunk(ggml_compute_params * params, ggml_tensor * out, int64_t first_row, int64_t end_row, int64_t first_column,
                                   int64_t end_column) override {
        const ggml_tensor * weights = out->src[0];
        const int64_t width = weights->ne[0], blocks = width / QK4_1, rows = end_row - first_row, columns = end_column - first_column;
        const int64_t plane = first_column / out->ne[1], column = first_column % out->ne[1];
        const size_t column_size = ggml_row_size(GGML_TYPE_Q8_0, width), step = out->nb[1] / sizeof(float);
        const auto * tiles = static_cast<const block_q4_0x8 *>(weights->data) + first_row / kRows * blocks;
        const ggml_half * minimum = minimums(weights) + first_row * blocks;
        const char * inputs = static_cast<const char *>(params->wdata) + first_column * column_size;
        auto * result = reinterpret_cast<float *>(static_cast<char *>(out->data) + plane * out->nb[2] + column * out->nb[1]) + first_row;
        GGML_ASSERT(inputs + column_size * columns <= static_cast<const char *>(params->wdata) + params->wsize);

        const int64_t by_four = columns - columns % 4;  // as forward_mul_mat() wrote them
        if (by_four > 0) {
            gemm<block_q4_0, 8, 8, GGML_TYPE_Q8_0>(width, result, step, tiles, inputs, by_four, rows);
        }
        for (int64_t i = by_four; i < columns; ++i) {
            gemv<block_q4_0, 8, 8, GGML_TYPE_Q8_0>(width, result + i * step, weights->ne[1], tiles, inputs + i * column_size, 1, rows);
        }
        static thread_local std::vector<float> sums;  // (columns, blocks)
        sums.resize(columns * blocks);
        for (int64_t i = 0; i < by_four; i += 4) {
            sum_four(reinterpret_cast<const block_q8_0x4 *>(inputs + i * column_size), blocks, &sums[i * blocks]);
        }
        for (int64_t i = by_four; i < columns; ++i) {
            sum_one(reinterpret_cast<const block_q8_0 *>(inputs + i * column_size), blocks, &sums[i * blocks]);
        }
        for (int64_t row = 0; row < rows; row += kRows, tiles += blocks, minimum += kRows * blocks) {
            for (int64_t i = 0; i < columns; i += 4) {
                add_offsets(tiles, minimum, blocks, &sums[i * blocks], std::min<int64_t>(4, columns - i), result + i * step + row, step);
            }
        }
    }

    /// m of every block, in the order of the tiles; after the tiles of all rows.
    static const ggml_half * minimums(const ggml_tensor * weights) {
        const int64_t all = weights->ne[1] * (weights->ne[0] / QK4_1);
        return reinterpret_cast<const ggml_half *>(static_cast<const char *>(weights->data) + all * sizeof(block_q4_0));
    }

    /// Sums of the inputs of each block of four columns, which lie eight numbers at a time side by side.
    static void sum_four(const block_q8_0x4 * inputs, int64_t blocks, float * sums) {
        const __m256i bias = _mm256_set1_epi8(static_cast<char>(0x80));
        for (int64_t block = 0; block < blocks; ++block) {
            __m256i total = _mm256_setzero_si256();  // of column i in lane i, each number moved to 0 to 255
            for (int part = 0; part < 4; ++part) {
                const auto * numbers = reinterpret_cast<const __m256i *>(inputs[block].qs + 32 * part);
                total = _mm256_add_epi64(total, _mm256_sad_epu8(_mm256_xor_si256(_mm256_loadu_si256(numbers), bias), _mm256_setzero_si256()));
            }
            alignas(32) int64_t lanes[4];
            _mm256_store_si256(reinterpret_cast<__m256i *>(lanes), total);
            for (int i = 0; i < 4; ++i) {
                sums[i * blocks + block] = GGML_CPU_FP16_TO_FP32(inputs[block].d[i]) * static_cast<float>(lanes[i] - 128 * QK8_0);
            }
        }
    }

    static void sum_one(const block_q8_0 * inputs, int64_t blocks, float * sums) {
        for (int64_t block = 0; block < blocks; ++block) {
            int total = 0;
            for (const int8_t number : inputs[block].qs) {
                total += number;
            }
            sums[block] = GGML_CPU_FP16_TO_FP32(inputs[block].d) * static_cast<float>(total);
        }
    }

    /// Adds (m + 8 d) sum x of all blocks to eight rows of up to four columns.
    static void add_offsets(const block_q4_0x8 * tiles, const ggml_half * minimum, int64_t blocks, const float * sums, int64_t columns, float * result,
                            size_t step) {
        __m256 totals[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
        const int64_t other[4] = {0, columns > 1 ? blocks : 0, columns > 2 ? 2 * blocks : 0, columns > 3 ? 3 * blocks : 0};
        for (int64_t block = 0; block < blocks; ++block) {
            const __m256 scale = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(tiles[block].d)));
            const __m256 least = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(minimum + kRows * block)));
            const __m256 offset = _mm256_fmadd_ps(_mm256_set1_ps(8.0F), scale, least);
            for (int i = 0; i < 4; ++i) {
                totals[i] = _mm256_fmadd_ps(offset, _mm256_broadcast_ss(sums + other[i] + block), totals[i]);
            }
        }
        for (int64_t i = 0; i < columns; ++i) {
            float * const eight = result + i * step;
            _mm256_storeu_ps(eight, _mm256_add_ps(_mm256_loadu_ps(eight), totals[i]));
        }
    }
};

#else

struct q4_1_tiles final : tensor_traits<block_q4_0, 8, 8, GGML_TYPE_Q8_0> {
    static bool fits(const ggml_tensor *) { return false; }
};

#endif

}  // namespace ggml::cpu::repack
